"""First names that are used for one another, in the United States, in English and Spanish.

Compiled for this project. A name may stand in several groups, and groups are not chained: Bert is Albert
or Robert, and Albert is not Robert.
"""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_GROUPS: Final = """
abigail abby abbie gail
abraham abe bram
adelaide addie ada adele
adrian ade
agnes aggie nessie
agustin agus tino
albert al bert bertie albie
alberto beto
alejandra ale sandra jandra alexa
alejandro alex ale jandro
alexander alex al alec lex sandy xander sasha
alexandra alex alexa alexis lexi sandra sandy sasha
alfonso poncho alfie
alfred al alf alfie fred freddie
alfredo fredo fredi
alice allie ali
alison allison ally allie ali
amanda mandy manda
amelia amy millie mel
ana anita
andrea andi drea
andrew andy drew
angela angie angel
angelica angie angelina
ann anna anne annie nan nancy anita
annette annie netta
anthony tony ant
antoinette toni netta nettie
antonia toni tonya tona
antonio tony tono tonio
araceli celi ari
archibald archie
arlene arly lena
arthur art artie
arturo art turo
augustus gus august augie
barbara barb barbie babs bobbie
bartholomew bart
beatrice bea trixie bee
beatriz bea betty
benjamin ben benny benji
bernadette bernie detta
bernard bernie barney
beverly bev
bradley brad
brenda bren
bridget bridie biddy
calvin cal
cameron cam
candace candy
caroline carolyn carol carrie caro lina
carlos carlitos charlie
carmen mela
cassandra cass cassie sandra
catherine katherine kathryn cathryn katharine cathy kathy kate katie kay kitty
catherine katherine kathryn katharine kat cat katy kathie cathie trina
cecilia celia cece ceci
charles charlie chuck chas chip charley
charlotte lottie char charlie
chester chet
christina christine kristina kristine chris chrissy tina christy kris kristy
christopher chris kit topher kris
cindy cynthia
clara claire clarissa
clarence clancy
clifford cliff
clinton clint
consuelo chelo connie
constance connie
cornelius neil corny
cristina cris tina
curtis curt kurt
daniel dan danny
danielle dani
david dave davey davy
dean deane
deborah debra deb debbie debby
delores dolores lola dee lolita lolly
dennis denny
derek derrick
diana diane di
dominic dom nick
donald don donny donnie
donna donnie
dorothy dot dottie dolly dora dee
douglas doug
edgar ed eddie
edith edie
eduardo lalo eddie edu
edward ed eddie ted teddy ned
edwin ed eddie win
eileen aileen
eleanor ellie nell nellie nora elly
elena helena nena
elizabeth elisabeth liz beth betty betsy eliza lizzie libby bess bessie lisa liza elsie
ella ellie
emily em emmy millie
emma em emmy
enrique quique rick kike
ernest ernie
ernesto neto
esperanza espe pera
esteban steve
esther essie hester
eugene gene
evelyn eve evie
felicia fel fela
fernando nando fer
florence flo flossie
frances fran francie frankie fanny sissy
francis frank fran
francisca paca pancha fran
francisco frank pancho paco cisco kiko frankie
franklin frank
frederick fred freddie freddy rick fritz
gabriel gabe gabby
gabriela gabby gaby
genevieve gen viv eve
george georgie
gerald jerry gerry
geraldine gerry gerrie jerry
gerardo lalo jerry
gilbert gil bert
gloria glo
gregory greg gregg
graciela chela gracie
guadalupe lupe lupita pita
guillermo memo guille bill
gustavo gus tavo
gwendolyn gwen wendy
harold hal harry
harriet hattie
harrison harry
hector tito
helen nell nellie lena ellen
henry hank harry hal
herbert herb bert
horace horry
howard howie
hubert bert hugh
humberto beto
ian john
ignacio nacho
imogen immy
irene rena
irving irv
isaac ike zac
isabel isabelle isabella bell bella izzy belle chabela
isidore izzy
jacob jake jay
jacqueline jackie jacqui
james jim jimmy jamie jem
jane janie jenny janet
janet jan jenny
janice jan
jason jay jase
javier javi
jeanette jean jeannie nettie
jeffrey geoffrey jeff geoff
jennifer jen jenny jenn
jeremiah jerry jem
jeremy jerry jem
jerome jerry
jesse jess jessie
jessica jess jessie
jesus chuy chucho
joan joanie
joanna joanne jo joann
joaquin quino
jonathan johnathan jon john johnny nathan jonny
john johnny jack jon jonny
jorge george coque
jose pepe joe chepe
josefina fina pepa chepina
joseph joe joey jo
josephine jo josie fina
joshua josh
joyce joy
juan johnny juanito
juana juanita
judith judy jude
julia julie jules
julian jules
julio jules
justin jus
karen kari
kenneth ken kenny
kevin kev
kimberly kim kimmy kimberley
kristen kirsten kris kristy
lawrence laurence larry lawrie lars
leonard len lenny leo
leonardo leo nardo
leopoldo polo
leroy roy lee
leslie les
leticia letty ticia laticia
lewis lou lew
lillian lilian lil lily lilly
liliana lili lily
linda lindy lyn
lois lo
lorenzo larry lencho
loretta etta lori retta
lorraine lori raine
louis lou louie
louise lou lulu
lucille lucy lou
lucia lucy chia
luis lucho louie
lynn lynette lynne
mackenzie mac kenzie
madeline maddie madeleine maddy lena
manuel manny manolo
manuela manola manny
marcella marcy
marcia marcy
marcos marc mark
margaret marge margie maggie meg peggy peg rita madge greta daisy maisie margo
margarita margo rita mago
maria mary mia mari maru
maricela mari chela
marilyn mary lynn
marjorie marge margie
mark marc marcus
martha marty mattie patsy
martin marty
mary molly polly mamie may minnie mae
mateo matt teo
matilda tilly mattie
matthew matt matty
maureen mo reenie
maurice mo moe
maxwell max
maximilian max
melanie mel
melinda mindy linda mel
melissa missy mel lisa
mercedes meche mercy
michael mike mickey mick micky mikey
michelle shelly micki chelle
miguel mike migue
mildred millie milly
mitchell mitch
mohammed muhammad mohammad mohamed mo
monica moni
montgomery monty
morris mo morrie
myrtle myrt
nancy nan
natalie nat nattie
natasha tasha nat
nathan nate nat
nathaniel nat nate nathan
nicholas nick nicky nico nicolas klaus
nicole nicky nikki nic
norma normie
norman norm
octavio tavo
oliver ollie
olivia liv livvy ollie
orlando lando
oscar ozzie
oswald ozzie
pamela pam
patricia pat patty tricia trish patsy patti
patricio pato
patrick pat paddy rick
paula pauline polly
paul paulie pablo
pedro pete
penelope penny
percy percival
perry peregrine
peter pete
philip phillip phil pip
phyllis phyl
priscilla prissy cilla
rachel rae rach
rafael rafa ralph rafe
ramon moncho ray
randall randy
randolph randy
raul rauli
raymond ray
rebecca becky beccy becca beck reba
refugio cuca cuco
regina gina reggie
reginald reg reggie
ricardo rick ricky richie rico
richard rick dick rich richie ricky dickie
robert bob bobby rob robbie bert robby robin
roberta bobbie berta robbie
roberto beto rob bobby tito
rocio chio
roderick rod rick roddy
rodney rod
rodolfo rudy fito rodo
rodrigo rigo rod
roger rodge
roland rollie rolly
ronald ron ronnie ronny
rosa rosie rosita
rosalind roz rosie
rose rosie
rosario chayo charo
rosemary rose rosie romy
roxanne roxy
rudolph rudy
russell russ rusty
ruth ruthie
salvador chava sal
salvatore sal
samantha sam sammie
samuel sam sammy
sandra sandy
sarah sara sally sadie
saul solly
sebastian seb bastian
sergio checo
seymour sy
shannon shan
sharon shari
shirley shirl
sidney sydney sid syd
silvia sylvia syl
socorro coco
sofia sophia sophie sofi
solomon sol
sonia sonya
stacey stacy stace eustace
stanley stan
stephanie steph stephie steffi
stephen steven steve stevie stephan
stewart stuart stu
susan sue susie suzy suzanne susanna suzan
tamara tammy tam
teodoro teo theo
teresa theresa terry tess tessa teri tere
terence terrance terry
thelma tel
theodore ted teddy theo
thomas tom tommy
tiffany tiff
timothy tim timmy
tobias toby
tracy trace
ursula ulla
valentina vale tina
valerie val
vanessa nessa
veronica ronnie vero roni
vicente chente vince
victor vic
victoria vicky tori vickie
vincent vin vince vinny
viola vi
violet vi
virginia ginny ginger gina
vivian viv
wallace wally
walter walt wally
warren ren
wesley wes
wilfred will fred
wilhelmina mina billie willa
william bill billy will willy liam willie wil
winifred winnie freda
winston win
xavier javier
yolanda yoli
yvonne vonnie
zachary zach zack zachariah zac zak
"""

# One name in several spellings: nobody gives them to two children.
_SPELLINGS: Final = """
aidan aiden aidyn
alan allan allen
alison allison allyson alyson
ana anna
ann anne
brian bryan
britney brittany brittney britany
caitlin kaitlin kaitlyn katelyn caitlyn
carl karl
carla karla
caroline carolyn carolyne
catherine katherine kathryn catharine katharine cathryn
christina kristina cristina
christopher kristopher cristopher
cristian christian
dwayne duane dwain
eric erik erick
erica erika ericka
gabriela gabriella
geoffrey jeffrey jeffery
gerald jerald
hannah hanna hana
isabel isabelle isabell
isabella isabela izabella
jaden jayden jaiden jaydon
jasmin jasmine jazmin jazmine yasmin
jon john
kristin kristen kirsten christen
laurie lori lorrie
leslie lesley lesly
lindsay lindsey lyndsay lyndsey
louis luis lewis
marc mark
marcia marsha
mathew matthew
megan meghan meagan
micheal michael mikel
michele michelle
nicholas nicolas nickolas
nicole nichole nikole
philip phillip
rachel rachael
rebecca rebekah rebeca
sara sarah
sean shawn shaun
sofia sophia
stephanie stefanie stephany
stephen steven stephan
susan suzan
terence terrence terrance
teresa theresa
tracy tracey traci
zachary zackary zachery
"""


def _groups_by_name() -> Mapping[str, frozenset[int]]:
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in enumerate((_GROUPS + _SPELLINGS).strip().splitlines()):
        for name in line.split():
            groups[name].add(number)
    return MappingProxyType({name: frozenset(numbers) for name, numbers in groups.items()})


_GROUPS_OF: Final = _groups_by_name()
_NONE: Final[frozenset[int]] = frozenset()


def groups_of(name: str) -> frozenset[int]:
    """The groups a folded first name stands in; two names that share one may be of one person."""
    return _GROUPS_OF.get(name, _NONE)
