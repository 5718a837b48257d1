"""Names that are names, however few people of a practice bear them: *Mariah* is not *Maria* mistyped.

Parents of twins like names that resemble each other: *Jayden* and *Jaylen*, *Kayla* and *Kyla*. Compiled for
this project, of first names in use in the United States; those of `nicknames` are known besides.
"""

from typing import Final

from vantrexia_core.patients.matching.nicknames import groups_of

_NAMES: Final = frozenset(
    """
    aaden aadyn aaliyah abel abril ada adalyn adalynn adan addison addyson adela adele adelyn adelynn aden
    adia adina adrianna aidan aiden aiyana alaina alana alani alanna alayna alba alda aldo alea aleah alec
    aleena alena alessia alexia alexus alia aliah aliana aliyah aliza allan allen allyson alma alva alyse
    alysha alyson alyssa amani amara amari amaris amaya ami amir amira amiyah amya anabel anahi analia
    anaya andre andrea andreas andrei andres anika anissa anita aniya aniyah annabel annabella annalise
    annika ansel ansley anton anya april arden areli arely ari aria ariah arian ariana arianna ariel
    ariella arielle arlen arlene arlo armand armani arya aryan aryana asa ashanti asher ashlee ashley
    ashlyn ashlynn ashton asia aspen athena aubree aubrey aubrie aubriella audra audrey audriana august
    augusta aurelia aurora austen austin austyn ava avah avalyn avery avi aviana avis aya ayana ayanna
    aydan ayden aydin ayla ayleen aylen aylin ayra bailee bailey baylee bela belen bella berta bertha beth
    bethany bethel bianca blaine blair blaise blake blanca bobbi bodie bowen brad braden bradley brady
    bradyn braeden braedon braelyn braelynn brandan branden brandi brandie brandon brandt brandy brant
    braxton brayan brayden braydon braylen braylon breanna brenda brendan brenden brendon brenna brennan
    brennen brent brenton bret brett bria brian briana brianna briar bridger briella brielle briley
    brinley britt britta brittani brittany brittney brittny brock brodie brody bronson brooke brooklyn
    brooklynn brooks bruce bruno bryan bryana bryanna bryant bryce brycen bryn brynlee brynn bryon bryson
    byran byron cade caden cadence cael cain caitlin caitlyn cale caleb calla callan callen callie callum
    calvin camden cameron cami camila camilla camille camryn candace candi candice candy cara caren carey
    cari carie carin carina carissa carla carlee carleen carlene carley carli carlie carlo carlos carly
    carlyn carmel carmela carmella carmelo carmen carmine carol carola carolann carole carolina caroline
    carolyn caron carrie carsen carson carter cary caryn casey cason cassidy cassie cayden caylee cayson
    cecil cecile cecilia celeste celia celina celine cesar chad chana chance chandler chanel chantal
    chantel charity charla charlee charlene charles charley charlize charlotte chase chasity chastity
    chaya chaz chelsea chelsey cher cheri cherie cherry cheryl cheyanne cheyenne chloe christa christen
    christi christian christiana christie christin christina christine christy cian ciara ciera cierra
    cindi claire clara clare clarence clarice clarissa clark claude claudia claudio clay clayton clement
    cleo cleta cleve clifton clint clinton clyde coby cody coen cohen colby cole coleen colette colin
    colleen collin colt colten colton conner connor conor cooper cora coral coralie corban corbin cordell
    corey cori corina corine corinna corinne cornel corrie cortez corwin cory craig creed cristal cristian
    cristina cristine cristobal cruz crystal curt curtis cyndi cyril cyrus dacia daisy dakota dale dalia
    dallas dallin dalton damari damian damien damon dana danae dane dani dania danial danica daniel
    daniela daniella danielle danika danilo danita danna dante danya daphne dara darby darcey darci darcy
    daren daria darian darien darin dario darius darla darlene darnell darrel darrell darren darrian
    darrick darrin darryl darwin daryl dash dave davian david davida davin davina davion davis davon dawn
    dawson dax dayana dayanara dayna dayton dean deana deandra deandre deann deanna deanne debora declan
    dedra deena deidra deidre deion deja delaney delia delila delilah delores deloris delphine delta
    demarcus demetra demetria demetrius demi dena denis denisse denita dennis denzel deon derek derick
    derik derrick deshaun deshawn desirae desiree desmond dessie destinee destiny devan deven devin devon
    devyn dewayne dexter diamond dian diana diandra diane dianna dianne diego dillan dillon dina dinah
    dino dion dione dionne domenic dominic dominick dominique dona donavan donna donnell donovan donte
    dora dorian dorinda doris dorothea dottie doyle drake draven duane dulce duncan durwood dustin dwain
    dwane dwayne dwight dyan dylan dyllan earl earle earline easton ebony eda eddy eden edgar edie edison
    edith edna edric edsel edwin edwina eila eileen elaina elaine elan elana elayne elba elda elden eldon
    eleanor elena eleni eli elia elian eliana elianna elias elijah elin elina eliot elisa elisabeth elise
    eliseo elisha elissa eliza ella elle ellen ellery elli elliana elliot elliott ellis ellsworth elma
    elmer elmo elna elnora elois eloisa eloise elon elora elsa elsie elton elva elvia elvin elvira elvis
    elwin elwood elyse ema emani emanuel emari ember emelia emelie emelina emeline emely emelyn emerson
    emery emil emile emilee emilia emiliano emilie emilio emily emma emmalee emmanuel emmett emmie emmy
    emory enid ennis enoch enrico enzo eric erica erich erick ericka erik erika erin eris erma ernest
    ernestina ernestine ernesto errol ervin erwin eryn esme esmeralda essence essie esta estela estella
    estelle ester esther estrella ethan ethel etta eugene eugenia eugenio eula eulalia eunice eva evalyn
    evan evangelina evangeline eve evelin evelyn everett everly evette evie evita evon ezekiel ezra fabian
    fabiola faith fannie farah fatima fay faye felice felicia felicity felipe felix fern fernanda fernando
    fidel finley finn finnegan fiona flavia fletcher flora florence florencia florine floyd forest forrest
    foster frances francesca francesco francis francisca franco frankie frida frieda gabriel gabriela
    gabriella gabrielle gael gage gaige gaston gavin gavyn gayla gayle gaylord gena gene geneva genevieve
    gennaro georgette georgia georgiana georgina gerald geraldine gerard german gertrude gia gian giana
    giancarlo gianna gideon gilberto gilda giles gillian gina giovani giovanna giovanni giovanny gisela
    giselle gisselle gladys glen glenda glenn glenna gloria golda grace gracelyn gracie graciela grady
    graham grant grayson greer greta gretchen greyson griffin grisel griselda guillermo gunnar gunner gus
    gustavo guy gwen gwyn gwyneth hadassah haden hadley hailee hailey haily hal haleigh haley halle halley
    hallie hana hanna hannah harlan harley harlow harmon harmony harold harper harriet harris harrison
    harvey hattie haven hayden haylee hayley haylie hazel heath heather heaven hector heidi helen helena
    helene helga henri henrietta henry herbert heriberto herman hilary hilda hillary hobert holden hollie
    hollis holly homer hope horace hortencia hosea houston howard hubert hudson hugh hugo humberto hunter
    ian ibrahim ida idella iesha ignacia ike ila ilana ileana ilene iliana ilse imani imelda imogene ina
    india indira ines inez inga ingrid ira irena irene iris irma irvin irving irwin isa isaac isabel
    isabela isabell isabella isabelle isai isaiah isaias isela ishmael isiah isis ismael israel issac
    itzel iva ivan ivana ivette ivonne ivory ivy iyana izabella izaiah izayah jace jacey jacinda jackeline
    jackson jaclyn jacob jacoby jacquelin jacquelyn jada jade jaden jadon jadyn jaeda jael jaelyn jaelynn
    jagger jahir jaiden jaidyn jaime jaimie jair jairo jake jakob jakobe jalen jaliyah jalyn jalynn jamaal
    jamal jamar jamari jamarion jamel jameson jamey jami jamie jamil jamila jamir jamison jana janae janay
    jane janel janell janelle janessa janet janette janice janie janine janis janiya janiyah jann janna
    jannette january jared jaren jaret jarod jarom jaron jarred jarrett jarrod jarvis jase jasiah jaslyn
    jasmin jasmine jasmyn jason jasper javen javion javon jaxen jaxon jaxson jaxton jay jaya jayce jaycee
    jayceon jaycob jayda jaydan jayde jayden jaydin jaydon jayla jaylah jaylan jaylee jayleen jaylen
    jaylene jaylin jaylon jaylyn jaylynn jayme jayne jayson jayvion jayvon jazlyn jazlynn jazmin jazmine
    jazmyn jean jeana jeanette jeanie jeanine jeanna jeanne jeannette jeannie jeannine jeff jefferson
    jeffrey jemma jena jenelle jenica jenifer jenna jenni jennie jennifer jenny jensen jerald jeramiah
    jered jeremiah jeremy jeri jerica jermaine jerold jerri jerrica jerrod jerrold jess jessa jesse
    jessenia jessi jessica jessie jesus jett jewel jewell jill jillian jimena jo joan joana joann joanna
    joanne joaquin jocelyn jocelynn jodi jodie jody joe joel joell joelle joellen joey johana johann
    johanna john johnathan johnathon jolene jolie jon jonah jonas jonathan jonathon joni jordan jorden
    jordon jordyn jordynn jorge jorja jose josef joselin joselyn joseph josephina josephine josh joshua
    josiah josias josie josue journey jovan jovani jovanni jovanny joy joyce juan juana juanita jude
    judith judson julia julian juliana julianna julianne julie julien juliet julieta juliette julio
    julissa julius june junia justen justice justin justina justine juston jyll kacey kade kaden kadence
    kadin kadyn kael kaelyn kaelynn kai kaia kaiden kaila kailee kailey kailyn kailynn kaitlin kaitlyn
    kaitlynn kaiya kala kale kaleb kalee kaleigh kaley kali kalia kalie kallie kalvin kalyn kamari kamden
    kameron kamila kamille kamren kamron kamryn kane kara karen karena karey kari karie karin karina
    karissa karl karla karlee karlene karli karlie karly karma karol karolina karolyn karon karren karrie
    karsen karson karsyn karter karyn kasandra kasen kasey kash kason kassandra kassidy kate katelin
    katelyn katelynn katharine kathie kathleen kathlyn kathryne katia katie katina katlin katlyn katrina
    katy katya kay kaya kayden kaydence kayla kaylah kaylan kaylee kayleen kayleigh kaylen kayley kaylie
    kaylin kaylyn kaylynn kayson keagan keaton keegan keelan keeley keely keenan keira keisha keith kelan
    kelcie kellen kelley kelli kellie kelly kelsey kelsi kelsie kelton kelvin ken kenan kendall kendra
    kendrick kenia kenna kennedi kennedy kenneth kenny kent kenton kenya kenyatta kenyon kenzie keon keri
    kermit kerri kerrie kerry keshawn kevin kevon keyla keyon khalil khloe kian kiana kianna kiara kiera
    kieran kierra kiersten kiley kim kimora kingston kinley kinsley kip kira kirk kirsten kirstin kobe
    kody kolby kole kolton konnor kora korbin korey kori kory kourtney kris krista kristal kristan kristen
    kristi kristian kristie kristin kristina kristine kristofer kristopher kristy krystal kurt kurtis kya
    kyla kylah kylan kyle kylee kyleigh kyler kyli kylie kylin kymani kyra kyree kyria kyrie kyson lacey
    lachlan laci lacie lacy laila lainey lakeisha lakisha lamar lamont lana lance landen landon landry
    landyn lane laney lara larissa larry lars larue latasha latisha latonya latoya laura laurel lauren
    laurence laurent lauretta laurie lauryn laverne lavon lawson layla laylah layna layne layton lea leah
    leandra leandro leann leanna leanne leda lee leela leena legend leif leigh leighton leila leilani lela
    leland lelia lena lennon lenora lenore lenox leo leola leon leona leonard leonardo leonel leonora
    leopold leora leroy les lesley leslie lesly lessie lester leta letha leticia levi levon lewis lexi
    lexie lia liana lianna libby lida lila lilah lili lilia lilian liliana lilianna lillian lilliana
    lillie lilly lily lilyana lilyanna lina linda lindsay lindsey lindy linette linh lino linsey linus
    linwood lionel lisa lisette lissette lita liv livia liz liza lizabeth lizbeth lizeth lizette lloyd
    logan lois lola lolita lon london londyn lonna lonnie lora loraine lorelai lorelei loren lorena
    lorenza lorenzo loretta lori lorie lorin lorna lorraine lorri lorrie lou louann louella louisa louise
    lowell loyd luana luca lucas lucia lucian luciana luciano lucila lucille lucinda lucius lucy luella
    luis luisa luka lukas luke lula lulu luna lupita luther luz lydia lyla lyle lyman lyn lynda lyndon
    lyndsay lyndsey lynette lynn lynne lynnette lyra lyric mabel mabelle macey maci macie mack mackenzie
    macy madalyn madalynn madden maddison maddox madeleine madeline madelyn madelynn madge madilyn
    madilynn madison madisyn madonna mae maegan maeve magaly magda magdalena magnolia magnus maia maisie
    maison maja major makai makaila makayla makena makenna makenzie malachi malaki malaya malaysia malcolm
    maleah malia malik maliyah mallory malorie malvina mamie mandy manuel manuela mara maranda marc marcel
    marcela marcelina marceline marcella marcelle marcello marcellus marcelo marci marcia marcie marco
    marcos marcus marcy margarete margarett margarita margaux margie margit margo margot margret
    marguerite mari maria mariah mariam marian mariana marianna marianne mariano maribel maribeth marie
    mariel mariela mariella marielle marietta marilee marilou marilyn marin marina marino mario marion
    maris marisa marisol marissa marita maritza marius marjorie mark marla marlee marlen marlena marlene
    marley marli marlie marlin marlo marlon marly marlyn marlys marnie marquis marquita marsha marshall
    marta martha martin martina martine marty marva marvel marvin mary marya maryam maryann maryanne
    marybeth maryellen maryjane maryjo maryl marylou mason mateo mathew mathias mathilda matias matilda
    matilde matteo matthias mattie maude maura maureen maurice mauricio maurine mavis max maxim maxime
    maximilian maximo maximus maxine maxwell may maya mayra mckayla mckenna mckenzie mckinley meadow
    meagan meaghan megan meggan meghan mekhi mel melani melania melanie melany melba melina melinda melisa
    melissa mellisa melodie melody melva melvin melvina mercedes mercy meredith merle merlin merrill merry
    mervin meryl mia miah micaela micah micaiah micha michael michaela michal micheal michel michele
    michell michelle miguel mika mikaela mikah mikayla mike mikel mila milagros milan milana milania
    mildred milena miles miley milla millicent milo milton mimi mina minnie mira miracle miranda miriam
    misael misti misty mitchel mitchell mitzi miya modesto mohamed mohammad mohammed moises molly mona
    monet monica monika monique monroe monserrat monte montgomery montserrat monty morgan moriah morris
    mose moses moshe mozell muhammad muriel musa mustafa mya myla mylah mylee myles mylo myra myrna myron
    myrtle nadia nadine nahla naima nala nan nancie nanette naomi narciso nash nasir natali natalia
    natalie nataly natalya natasha nathalia nathalie nathan nathanael nathaniel navy naya nayeli neal ned
    nehemiah neil nelda nelia nell nella nellie nelly nelson nery nestor neva nevaeh neveah nevin nia
    niall nichelle nichol nichole nicholle nick nickolas nicky nico nicola nicolas nicole nicolette
    nicolle nigel nikhil nikita nikki niklas niko nikolai nikolas nila nina niya niyah noah noe noel
    noelia noella noelle noemi nola nolan nolen nora norah norbert noreen norma norman norris nova novah
    nya nyah nyla nylah oakley octavia octavio odell odessa odette odin ofelia ola olga olive oliver
    olivia ollie oma omar omari omer ona opal ophelia ora oralia oren orion orlando orlin orville oscar
    otis otto owen pablo paige paislee paisley palmer paloma pam paola paris parker parrish patrica
    patrice patricio patrick patsy patti patty paul paula paulette paulina pauline paulo paxton payton
    pearl pearlie pedro penelope penny percy perla perry pete peter petra peyton phebe phil phillip phoebe
    phyllis pierce pierre piper polly porter preston prince princess priscila prudence quentin quenton
    quincy quinn quintin quinton rachael rachelle racquel rae raegan raelyn raelynn rafael raheem rahul
    raina raine ralph ramiro ramon ramona ramsey randal randall randi randolph randy ranee raquel rashad
    rasheed raul raven ray rayan rayburn rayden rayford rayleigh raylene raymon raymond raymundo rayna
    rayne reagan reba rebeca rebecka reece reed reese regan reggie regina reginald reid reina reinaldo
    remi remington remy rena renae renata renate rene renea renee renita reuben rex rey reyna reynaldo
    reynold rhea rhett rhiannon rhoda rhonda ria rian rianna ricardo riccardo rich richelle richie rick
    rickey ricki rickie ricky rico rigoberto rihanna rikki riley rina rita river rob robbie robbin roberta
    robin robyn rocco rochelle rocio rocky rod roderick rodney rodolfo rodrigo rogelio roger rohan roland
    rolanda rolando rolf rollin roma roman romana romeo romina romona romy ron rona ronald ronan ronda
    roni ronna ronnie ronny roosevelt rory rosa rosalba rosalee rosalia rosalie rosalina rosalind
    rosalinda rosaline rosalva rosalyn rosamond rosana rosanna rosanne rosaria rosario rosaura roscoe rose
    roseann roseanna roseanne roselia roselyn rosemarie rosemary rosendo rosetta rosie rosina rosio rosita
    roslyn ross rowan rowen rowena roxana roxane roxann roxanna roxanne roy royal royce ruben rubi rubin
    ruby rudolph rudy rufus russel russell rusty ruth ruthann ruthie ryan ryane ryann ryanne ryder ryker
    rylan ryland rylee ryleigh rylen ryley rylie ryne sabina sabine sabrina sade sadie sage saige saira
    sal salena salina sallie sally salma salomon salvatore sam samir samira samson sana sandi sandie
    sandra sanford saniya saniyah santiago santino santos sara sarah sarahi sarai sarina sariyah sasha
    saul saundra savana savanah savanna savannah savion sawyer scarlet scarlett scot scott sean sebastian
    selah selena selene selina selma semaj serena serenity sergio serina seth shae shaina shakira shana
    shanda shandra shane shani shania shanice shanika shaniqua shanita shaniya shanna shannan shannon
    shanon shanta shantel shara shari sharla sharlene sharon sharonda sharron sharyn shasta shaun shauna
    shavon shawanda shawn shawna shay shayla shaylee shayna shayne shea sheena sheila shelba shelbi
    shelbie shelby sheldon shelia shelley shelli shellie shelly shelton shemar shena sheri sherie sherilyn
    sherita sherman sheron sherri sherrie sherry sherryl sherwood sheryl shiela shiloh shirlee shirley
    shona shonda shyann shyanne shyla sidney sienna sierra silas silva silvana silvia simeon simon simona
    simone sky skye skyla skylar skyler skylynn sofia solomon sondra sonia sonja sonny sonya sophia sophie
    soren spencer stacey staci stacia stacie stacy stan stanford starla stefan stefani stefanie stefany
    stella stephan stephani stephania stephanie stephany stephon sterling stetson stevan steven stevie
    stewart stuart sue suellen summer susan susana susann susanna susannah susanne suzann suzanna suzanne
    sybil sydnee sydney sylas sylvester sylvia symone syreeta tabatha tabitha tad talan talia talon tamala
    tamar tamara tamatha tambra tameka tamera tami tamia tamika tamiko tammi tammie tammy tamra tana tandy
    tania tanika taniya taniyah tanner tanya tara tarah taran taria tariq taryn tasha tasia tate tatiana
    tatum tatyana tawana tawanda tawanna tawny taya taylor teagan teal ted teena tegan tena tenley terence
    teresa teresita teri terra terrance terrell terri terrie terrill tess tessa tevin thad thaddeus thalia
    thea thelma theodora theodore theresa therese thiago thora thurman tia tiana tianna tiara tiera tierra
    tiesha timmy timothy tina tisha tobie tobin toby tod todd tomas tomeka tonda toney toni tonia tonja
    tonya torey tori torin torrance tory tosha toya tracey traci tracie tracy travis travon tremaine trent
    trenton tressa trevin trevion trevon trevor trey trina trinidad trinity trish trisha trista tristan
    tristen tristian tristin triston troy trudi trudy true truett trystan tucker turner twila twyla ty
    tyanna tyler tylor tyra tyran tyree tyreese tyrel tyrell tyrese tyron tyrone tyshawn tyson ulises
    ulysses uma una unique uriah uriel ursula vada val valarie valencia valentin valentina valeria valerie
    van vance vanesa vanessa vaughn velda velia velma velva velvet vera verla verlie vern verna vernell
    vernice vernon verona veronica vesta vicki vickie vicky vida vidal vilma vina vince viola violet
    violeta violette virgie virgil virgilio vito vivian viviana vivien vivienne vonda wade waldo walker
    walter wanda waneta ward waylon wayne wendell wendi wendy wes wesley westin weston wilbert wilbur
    wilda wiley wilford wilhelm willard willian willis willodean willow wilma wilmer wilson wilton winfred
    winifred winnie winona wyatt wynona xander xavier ximena xiomara xzavier yadira yahaira yahir yamile
    yamileth yandel yanet yareli yaretzi yasmin yasmine yazmin yesenia yessenia yolonda yosef yuliana
    yulissa yuri yusuf yvette yvonne zachariah zachery zack zackary zackery zaid zaiden zain zaire zander
    zane zaniyah zara zaria zariah zariyah zavier zayden zayla zaylee zayn zayne zayra zeke zelda zella
    zelma zena zenaida zion zoe zoey zoie zola zora zoraida zula zuri
    """.split()  # noqa: SIM905 - reads as a list
)


def is_given_name(joined: str) -> bool:
    """Whether a folded first name is known to be one."""
    return joined in _NAMES or bool(groups_of(joined))
